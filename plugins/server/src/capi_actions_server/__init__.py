"""An HTTP service that speaks the Segment tracking API."""
