"""Orders that survive a crash: written down before they are sent, followed until they are closed.

- `manager`: `OrderManager`: journalled orders, and what a crash left open
- `slicing`: one large order in parts that add up to it
- `tracking`: orders followed until they are closed; `tracked`: what is known of one of them
- `listening`: what the venue pushes of them
- `fills`: what fills do to positions
"""
