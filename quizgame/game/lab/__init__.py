"""Labs: tasks in a simulated world that check themselves, one after another."""
