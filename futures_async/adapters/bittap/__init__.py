"""BitTap futures, ftapi v1: account, positions, orders and fills to read; the venue documents no writes."""
