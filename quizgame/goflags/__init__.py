"""How command lines written in Go behave: flags, commands, durations, times, tables. Shared by all fake tools."""
