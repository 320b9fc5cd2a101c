"""Does the reading hold when the same is said otherwise, in another order, in another unit or with another number?"""
