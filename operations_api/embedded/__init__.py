"""Postgres and Valkey as children of this process, for one-command use.

The binaries come from installed packages; none of those packages' start-up code runs. A server lives exactly as long
as the process that started it, whatever ends that process.
"""
