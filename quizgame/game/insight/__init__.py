"""What the real tools do not tell: the trail behind a verdict, and what a manifest would change."""
