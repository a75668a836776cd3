"""The proof of scenarios: expert solutions must earn everything, naive strategies next to nothing."""
