// Package traffic sends sample transactions over links, as many a second as
// wanted, and counts what became of them. The demo and the acquirer share it; the
// mux has its echo.
//
//	samples, err := traffic.ReadSamples(file, spec)
//	tally := traffic.NewTally(len(links))
//	sender := traffic.Sender{
//		Links: links, Spec: spec, Samples: samples, STANs: stans, FirstReference: 1,
//		Observer: tally, Rate: 1_000, Count: 10_000, Timeout: timeout,
//	}
//	sender.Run(ctx)
//	traffic.NewTable(os.Stdout, names).Outcomes(tally)
//
// Every message that is sent has a system trace audit number (field 11) and a
// retrieval reference number (field 37) of its own.
package traffic
