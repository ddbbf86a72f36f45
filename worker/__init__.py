"""The other face: claims operations and drives them through their steps."""
