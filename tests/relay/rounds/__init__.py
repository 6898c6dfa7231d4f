"""Bad days of a relay, in rounds: real NATS servers, real relays, killed by their pid.

``python -m tests.relay.rounds --rounds 6`` plays six rounds of each day;
``--only NAME --first K --rounds 1 --seed S`` plays one again. RELIABILITY 2.7.
"""
