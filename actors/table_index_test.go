package actors

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/isolink-go/isolink/messages"
)

// all are the requests of an index.
func (x *tableIndex) all() (all []*request) {
	for _, r := range x.buckets {
		for ; r != nil; r = r.chained {
			all = append(all, r)
		}
	}
	return all
}

// TestTableIndex does the same to an index and to a map, through growing and
// shrinking.
func TestTableIndex(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		index, model := newTableIndex(), make(map[messages.Key]*request)
		keys := stanKeys[:rapid.SampledFrom([]int{1, 3, len(stanKeys)}).Draw(rt, "keys")]
		most := 0
		for range rapid.IntRange(0, 2_000).Draw(rt, "steps") {
			key := rapid.SampledFrom(keys).Draw(rt, "key")
			got := index.find(key, index.hash(key))
			if got != model[key] {
				rt.Fatalf("find %s: %p, want %p", key, got, model[key])
			}
			if got == nil {
				r := &request{key: key, hash: index.hash(key)}
				index.put(r)
				model[key] = r
			} else {
				index.remove(got)
				delete(model, key)
				if got.indexed || got.chained != nil {
					rt.Fatal("what was taken out keeps its place")
				}
			}
			most = max(most, index.n)
		}
		if len(index.all()) != len(model) || index.n != len(model) {
			rt.Fatalf("%d in the buckets, %d counted, want %d", len(index.all()), index.n, len(model))
		}
		if len(index.buckets) > max(leastBuckets, 2*most) {
			rt.Fatalf("%d buckets for at most %d", len(index.buckets), most)
		}
	})
}

// TestTableIndexGivesMemoryBack: what a burst has taken does not stay.
func TestTableIndexGivesMemoryBack(t *testing.T) {
	index := newTableIndex()
	var all []*request
	for i := range 100_000 {
		key, err := messages.NewKey(mtiRequest, string(rune('a'+i%26)), string([]byte{byte(i), byte(i >> 8), byte(i >> 16)}))
		assert.NoError(t, err)
		r := &request{key: key, hash: index.hash(key)}
		index.put(r)
		all = append(all, r)
	}
	assert.GreaterOrEqual(t, len(index.buckets), 100_000)
	for _, r := range all {
		index.remove(r)
	}
	assert.Len(t, index.buckets, leastBuckets)
	assert.Zero(t, index.n)
}

// TestTableIndexEbbAndFlow: callers that come and go together make no garbage, and
// when they have gone, most of what they took is given back by and by.
func TestTableIndexEbbAndFlow(t *testing.T) {
	index := newTableIndex()
	requests := make([]*request, len(stanKeys))
	for i, key := range stanKeys {
		requests[i] = &request{key: key, hash: index.hash(key)}
	}
	wave := func() {
		for _, r := range requests {
			index.put(r)
		}
		for _, r := range requests {
			index.remove(r)
		}
	}
	wave()
	assert.Len(t, index.buckets, 64)
	assert.Less(t, testing.AllocsPerRun(1_000, wave), 0.5)
	for range 64 * 9 {
		index.put(requests[0])
		index.remove(requests[0])
	}
	assert.Less(t, len(index.buckets), 64)
}
