"""protobuf's JSON mapping: the strict reader with its error messages, and the writer."""
