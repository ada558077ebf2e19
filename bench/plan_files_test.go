package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestColumnsThatNeedTooManyFilesAreLeftOut(t *testing.T) {
	p := part{name: "many", unit: "links", rows: manyRows[:2], at: []int{1, 10, 100}, files: manyFiles}
	for _, test := range []struct {
		files int
		at    []int
	}{
		{104, []int{1}}, {143, []int{1}}, {144, []int{1, 10}}, {543, []int{1, 10}}, {544, []int{1, 10, 100}}, {50, nil},
	} {
		var out bytes.Buffer
		assert.Equal(t, test.at, p.within(test.files, &out), test.files)
		assert.Equal(t, 3-len(test.at), bytes.Count(out.Bytes(), []byte("left out")))
	}
	var out bytes.Buffer
	p.within(543, &out)
	assert.Equal(t, "\nmany, links=100: left out, it takes 544 open files and 543 are allowed (ulimit -n)\n", out.String())
	p.files = nil
	assert.Equal(t, p.at, p.within(0, &out))
}
