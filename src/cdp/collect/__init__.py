"""What systems send by themselves: events, rows, webhooks; checked and made ready to be kept."""
