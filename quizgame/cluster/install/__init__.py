"""What ``kind`` and ``cilium install`` leave behind, generated from values."""
