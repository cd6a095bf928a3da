"""What every Bridge service needs and no service is about."""
