"""What pages and the API of traffic show. Reads only, in a constant number of queries."""
