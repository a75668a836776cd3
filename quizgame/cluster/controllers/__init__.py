"""Controllers: objects derived from objects, incrementally and in a defined order."""
