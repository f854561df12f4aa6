"""What to show a customer now: products that go together, best sellers, and lists made of them.

Invariants: what goes together is found once for all customers, from what was bought up to the
run's moment; a customer's own lists are made when they are asked for, from one generation.
"""
