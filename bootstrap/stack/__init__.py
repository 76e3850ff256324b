"""A whole installation on one machine: servers, roles and simulator as children, started, found and stopped as one.

    stack.py ──► role_process.py   one role as a child process that ends with us
        │   └──► provider_simulator.py   the simulator as a child process
        └──────► stack_state.py    stack.json: what a second `up` finds
Used by `up`, `demo`, `bench` and the chaos tests; production runs the roles as containers instead.
"""

from bootstrap.stack.stack import ROLES, Stack
from bootstrap.stack.stack_state import StackState, find_stack

__all__ = ["ROLES", "Stack", "StackState", "find_stack"]
