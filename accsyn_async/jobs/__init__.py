"""What to transfer, deliver or compute: specifications of jobs, and the notation of parties and paths."""
