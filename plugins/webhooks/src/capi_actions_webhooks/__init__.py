"""Bodies of shop and payment systems' webhooks as events of the Segment spec."""
