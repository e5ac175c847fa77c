"""Benchmarks against real peers on a loopback TLS server; never part of the test run."""
