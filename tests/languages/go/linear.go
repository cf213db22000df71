package main

import "math"

// place gives the two pixels that an output lies between, and its distance from the first.
func place(o, nIn, nOut int) (int, int, float64) {
	x := (float64(o)+0.5)*float64(nIn)/float64(nOut) - 0.5
	x = math.Max(0, math.Min(x, float64(nIn-1)))
	first := int(x)
	second := first + 1
	if second == nIn {
		second = first
	}
	return first, second, x - float64(first)
}

// Linear resizes float32 values, (height, width, channels), to (height, width): half_pixel, no antialiasing.
func Linear(image []float32, shape, size []int) []float32 {
	h, w, channels := shape[0], shape[1], shape[2]
	var out []float32
	for oy := 0; oy < size[0]; oy++ {
		top, bottom, y := place(oy, h, size[0])
		for ox := 0; ox < size[1]; ox++ {
			left, right, x := place(ox, w, size[1])
			for c := 0; c < channels; c++ {
				pixel := func(row, column int) float64 { return float64(image[(row*w+column)*channels+c]) }
				upper := pixel(top, left)*(1-x) + pixel(top, right)*x
				lower := pixel(bottom, left)*(1-x) + pixel(bottom, right)*x
				out = append(out, float32(upper*(1-y)+lower*y))
			}
		}
	}
	return out
}
