"""Questions without a screen: items, grading, practice, exams, scheduling and the learner model."""
