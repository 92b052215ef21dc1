"""What several tests need: drawn pictures, stations and basecamps in folders, brokers, proxies."""
