"""A simulated Jira Data Center: it checks who calls as Jira does and answers in Jira's shapes.

It verifies Bridge from outside, so it shares no code with the services or the chassis.
"""
