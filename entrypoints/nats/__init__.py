"""NATS in: send requests from `signal.send`, results on `signal.results.<request id>`, the unservable parked."""
