"""What lateness and loss cost: the models of late fees, compensation, and the flow of dunning."""
