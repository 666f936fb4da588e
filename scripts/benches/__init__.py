"""The benches: how long things take, and proofs that certain things never happen.

`scripts/bench` (benches.bench) prints what writing costs beside the goals and the peers; `scripts/waits`
(benches.waits) that log() never waits; `scripts/rules` (benches.rules) what the daemon does inside a root;
`scripts/soak` (benches.soak) that nothing grows and nothing stays behind. Nothing in the product knows of them.
"""
