"""The formats of scenarios and labs."""
