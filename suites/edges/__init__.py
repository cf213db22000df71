"""What happens at the edges: tiny, huge, strided, non-finite?"""
