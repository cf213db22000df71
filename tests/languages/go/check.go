// Holds a resizer against a set of vectors, and says which fault what fails looks like: check path/to/set-without-suffix
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"strings"
)

func distance(a, b []float32) (sum float64) {
	for i := range a {
		sum += math.Abs(float64(a[i]) - float64(b[i]))
	}
	return sum
}

// Check says whether every vector of a float32 set passes.
func Check(set string, resize func(image []float32, shape, size []int) []float32) bool {
	data, _ := os.ReadFile(set + ".bin")
	table, _ := os.ReadFile(set + ".txt")
	values := make([]float32, len(data)/4)
	binary.Read(bytes.NewReader(data), binary.LittleEndian, values)
	failures, got, right, fails, flagged := 0, map[string][]float32{}, map[string][]float32{}, map[string]bool{}, map[string]string{}
	var id, flags string
	var in, out int
	var tolerance float64
	for _, line := range strings.Split(string(table), "\n") {
		shape, size := make([]int, 3), make([]int, 2)
		if n, _ := fmt.Sscan(line, &id, &shape[0], &shape[1], &shape[2], &in, &size[0], &size[1], &out, &tolerance, &flags); n < 10 {
			continue // a comment
		}
		got[id] = resize(values[in/4:][:shape[0]*shape[1]*shape[2]], shape, size)
		right[id] = values[out/4:][:size[0]*size[1]*shape[2]]
		passes := len(got[id]) == len(right[id])
		for i := 0; passes && i < len(got[id]); i++ {
			passes = math.Abs(float64(got[id][i])-float64(right[id][i])) <= tolerance
		}
		fails[id], flagged[id] = !passes, ","+flags+","
		if !passes {
			failures++
			fmt.Println("FAIL", id, flags)
		}
	}
	fmt.Println(failures, "of", len(got), "vectors fail")
	least, fault := 0.1, "no fault that has a flag" // the share of the error that a fault leaves
	for _, line := range strings.Split(string(table), "\n") {
		if n, _ := fmt.Sscanf(line, "#= %s %d", &id, &out); n < 2 {
			continue // no example of a fault
		}
		note, fits := strings.SplitN(line, " ", 4)[3], 0
		for other := range got {
			if fails[other] == strings.Contains(flagged[other], ","+strings.Split(note, ":")[0]+",") {
				fits++
			}
		}
		if left := distance(got[id], values[out/4:]) / distance(got[id], right[id]); left < least && 4*fits >= 3*len(got) {
			least, fault = left, note
		}
	}
	if failures > 0 {
		fmt.Println("looks like", fault)
	}
	return failures == 0 && len(got) > 0
}

func main() {
	if !Check(os.Args[1], Linear) {
		os.Exit(1)
	}
}
