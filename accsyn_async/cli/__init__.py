"""The command line: commands, output for people, output for programs."""
