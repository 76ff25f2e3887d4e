"""PostGraphile 5, which makes its schema from the tables. It runs on Node.js 22."""
