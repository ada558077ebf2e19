// Package floor holds two ISO 8583 clients written by hand, with locks and
// without actors, that show how fast one connection can be. They take and
// return whole bodies and know of ISO 8583 only what matching needs: the MTI
// and field 11 at a fixed offset. Frames have a length of two bytes,
// big-endian, that counts the body.
//
// [Bare] is the least that works: it promises nothing when the peer is slow or
// gone.
//
//	b := floor.NewBare(conn, stanAt)
//	w := floor.NewWaiter()
//	response, err := b.Exchange(w, body)
//
// [Contract] does the same with what a payment switch must be able to rely on:
// an exchange settles exactly once and by its deadline, and what was not
// answered is either not sent or in doubt.
//
//	c := floor.NewContract(conn, floor.Config{STANAt: stanAt})
//	response, err := c.Exchange(ctx, body)
package floor
