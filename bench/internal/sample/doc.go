// Package sample makes and checks the messages that every row of the benchmarks
// exchanges, as bytes and as messages of github.com/moov-io/iso8583:
//
//	stan := sample.STAN(caller, seq)
//	body := sample.Two.AppendBody(nil, stan)
//	// … exchange body for response …
//	err := sample.Two.Verify(response, stan)
package sample
