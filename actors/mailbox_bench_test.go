package actors

import (
	"context"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
)

// BenchmarkMailbox compares Proto.Actor's mailbox and ours, under real actors:
//
//	post      one poster, which does not wait; time from the first post to the last message handled
//	wake      one poster, which waits for each message: idle → handled
//	pingpong  two actors that send each other one message; a round trip
func BenchmarkMailbox(b *testing.B) {
	for _, kind := range mailboxKinds {
		b.Run("post/"+kind.name, func(b *testing.B) { benchmarkPost(b, kind) })
		b.Run("wake/"+kind.name, func(b *testing.B) { benchmarkWake(b, kind) })
		b.Run("pingpong/"+kind.name, func(b *testing.B) { benchmarkPingPong(b, kind) })
	}
}

// ball is the message that is sent around.
type ball struct{ left int }

// benchWorkers makes a pool that ends with the benchmark, after its actors.
func benchWorkers(b *testing.B) *Workers {
	b.Helper()
	workers := new(Workers)
	b.Cleanup(func() {
		if err := workers.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	return workers
}

// player is an actor with a mailbox of that kind. It ends with the benchmark.
func player(b *testing.B, system *actor.ActorSystem, workers *Workers, kind mailboxKind, receive func(*ball)) actor.Mailbox {
	b.Helper()
	mailbox := kind.make(workers, nil)
	started := make(chan struct{})
	pid := system.Root.Spawn(actor.PropsFromFunc(func(ctx actor.Context) {
		switch msg := ctx.Message().(type) {
		case *actor.Started:
			close(started)
		case *ball:
			receive(msg)
		}
	}, actor.WithMailbox(func() actor.Mailbox { return mailbox })))
	<-started
	b.Cleanup(func() {
		if err := system.Root.StopFuture(pid).Wait(); err != nil {
			b.Error(err)
		}
	})
	return mailbox
}

func benchmarkPost(b *testing.B, kind mailboxKind) {
	workers := benchWorkers(b)
	done := make(chan struct{})
	left := b.N
	m := player(b, quietSystem(), workers, kind, func(*ball) {
		if left--; left == 0 {
			close(done)
		}
	})
	msg := new(ball)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		m.PostUserMessage(msg)
	}
	<-done
}

func benchmarkWake(b *testing.B, kind mailboxKind) {
	workers := benchWorkers(b)
	handled := make(chan struct{}, 1)
	m := player(b, quietSystem(), workers, kind, func(*ball) { handled <- struct{}{} })
	msg := new(ball)
	b.ReportAllocs()
	for b.Loop() {
		m.PostUserMessage(msg)
		<-handled
	}
}

func benchmarkPingPong(b *testing.B, kind mailboxKind) {
	workers := benchWorkers(b)
	system := quietSystem()
	done := make(chan struct{})
	var ping, pong actor.Mailbox
	ping = player(b, system, workers, kind, func(msg *ball) {
		if msg.left--; msg.left < 0 {
			close(done)
			return
		}
		pong.PostUserMessage(msg)
	})
	pong = player(b, system, workers, kind, func(msg *ball) { ping.PostUserMessage(msg) })
	b.ReportAllocs()
	b.ResetTimer()
	ping.PostUserMessage(&ball{left: b.N})
	<-done
}
