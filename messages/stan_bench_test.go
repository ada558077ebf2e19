package messages_test

import (
	"path/filepath"
	"testing"

	"github.com/isolink-go/isolink/messages"
)

func BenchmarkSTANs(b *testing.B) {
	file := func(b *testing.B) messages.STANStore {
		return messages.NewSTANFile(filepath.Join(b.TempDir(), "stan"))
	}
	for _, c := range []struct {
		name  string
		store func(b *testing.B) messages.STANStore
		block int
	}{
		{"no store", func(*testing.B) messages.STANStore { return nil }, 0},
		{"memory", func(*testing.B) messages.STANStore { return new(stanMemory) }, 0},
		{"file", file, 0},
		{"file/block=10000", file, 10_000},
	} {
		b.Run(c.name, func(b *testing.B) {
			stans := newSTANs(b, messages.STANConfig{Store: c.store(b), Block: c.block})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := stans.Next(); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/parallel", func(b *testing.B) {
			stans := newSTANs(b, messages.STANConfig{Store: c.store(b), Block: c.block})
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := stans.Next(); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// A reservation alone: what the caller pays who makes it, once a block.
func BenchmarkSTANFile(b *testing.B) {
	store := messages.NewSTANFile(filepath.Join(b.TempDir(), "stan"))
	for b.Loop() {
		if _, err := store.Reserve(1_000); err != nil {
			b.Fatal(err)
		}
	}
}
