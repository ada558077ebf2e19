// Package framing delimits ISO 8583 messages on a byte stream: TCP keeps no
// message boundaries, so every host puts a length in front of each message, in
// its own way.
//
// One goroutine reads a connection, and one writes it:
//
//	var framer framing.Framer = framing.Binary2{}
//
//	r := bufio.NewReader(conn)
//	for {
//		header, body, err := framer.Read(r, 8192)
//		if err == io.EOF {
//			return nil // the peer closed, between two frames
//		}
//		if err != nil {
//			return err // the stream is out of step: close the connection
//		}
//		if len(body) == 0 {
//			continue // a keep-alive
//		}
//		handle(header, body)
//	}
//
//	batch, err = framer.Append(batch[:0], nil, message)
//	_, err = conn.Write(batch)
//
// # Frames
//
// A frame is one message with all that its framing puts around it. In most
// framings that is a length field, then the header and the body, which the length
// counts together as one block. The body is the packed ISO 8583 message. The
// header is what a host puts between length and message (a TPDU, a BASE I
// header, a vendor's); HeaderLen tells Read how many bytes to split off as the
// header. With HeaderLen 0 all is body. Append writes whatever header it is given.
//
// A header belongs to its message: [ReplyHeader] makes that of a reply of it.
// [TPDU] and [VisaBaseI] know their header, split it off without an option, and
// write a default one where none is given.
//
// # Framings
//
//	framing                     name                a message of 39 bytes             largest block, bytes
//	Binary2{}                   binary2             00 27 body                                      65,535
//	Binary2{Inclusive: true}    binary2 inclusive   00 29 body                                      65,533
//	Binary2{HeaderLen: 5}       binary2 header=5    00 2C header(5) body                            65,535
//	TPDU{}                      binary2+tpdu        00 2C 60 00 00 00 00 body                       65,535
//	Binary4{}                   binary4             00 00 00 27 body                         2,147,483,647
//	CMF{}                       cmf                 00 00 27 body                               16,777,215
//	Padded{}                    padded              00 27 00 00 body                                65,535
//	Padded{Leading: true}       padded leading      00 00 00 27 body                                65,535
//	RBP{}                       rbp                 D0 4A 00 27 00 00 body                          65,535
//	VMLH{}                      vmlh                00 27 00 00 body                                 2,048
//	VisaBaseI{}                 base1               00 3D 00 00 header(22) body                     65,535
//	BASE24{}                    base24              00 28 body 03                                   65,534
//	Trailer{}                   trailer             body 03                                   no length: any
//	BCD2{}                      bcd2                00 39 body                                       9,999
//	ASCII{}                     ascii4              "0039" body                                      9,999
//	ASCII{Inclusive: true}      ascii4 inclusive    "0043" body                                      9,995
//	ASCII{Digits: 6}            ascii6              "000039" body                                  999,999
//	EBCDIC4{}                   ebcdic4             F0 F0 F3 F9 body                                 9,999
//	Hex4{}                      hex4                "0027" body                                     65,535
//	Funcs{...}                                      what WriteLength writes, body                MaxLength
//
// An inclusive length counts its own bytes besides the block; Binary4, CMF, BCD2,
// EBCDIC4 and Hex4 have that option too. [Parse] makes a framing of its name, and
// String gives the name back, with all options.
//
// # Keep-alives
//
// A frame without a body is a keep-alive on many hosts, never a message: a
// length of zero, or, where the length is inclusive, of its own size. Read
// returns it as an empty body without an error. A header without a body is one
// too, and so is a session-control frame of [VMLH], whose content is returned as
// the header. To send one, call AppendKeepAlive, or Append with neither header nor
// body. [Trailer] has none.
//
// # Limits
//
// Read takes a limit, and checks it before it allocates: a length is a claim
// of the peer, and the first bytes of a mis-set connection claim anything.
// Append refuses what its length field cannot say, with nothing written:
// a truncated length would make the peer take the rest of the message for the
// next frame.
//
// # Errors
//
// [Error] is the type of all refusals of [Framer] values of this package, and of
// failures of the stream. What it wraps tells them apart:
//
//	io.EOF, bare           the stream ended between two frames; not an *Error
//	io.ErrUnexpectedEOF    the stream ended inside a frame
//	ErrTooLarge            above the limit of Read, or above what the length field can say
//	ErrLength              length bytes that are no length of this framing
//	ErrHeader              a header of another size than the framing's
//	ErrTrailer             a trailer that is missing, or inside a message
//	ErrOptions             options that Validate refuses; not an *Error
//	any other error        the reader's own, or that of a function in Funcs
//
// A length that fails its check is usually a framing set wrongly, so the error
// says what the bytes look like: ASCII digits, binary, packed BCD, a reversed
// byte order, a TLS record or an HTTP request. It shows the bytes that stand
// where the length should, 6 at most, and of packed digits six ("42 76 12 .."):
// where a stream is out of step they may be of a message, but too few of it to be a
// card number. Nor is a length above 999,999 told. The two parts of it that
// are looked at behind the length, the size of a BASE I header and a trailer, are
// told in words: the size that the header gives, and that a trailer is missing.
package framing
