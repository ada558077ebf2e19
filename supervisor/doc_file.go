// # File format
//
// Load reads a configuration from YAML. A section has what the Config field of its name
// has, and each link, group and acceptor has the fields of LinkConfig, GroupConfig and
// AcceptorConfig under their names with a small beginning: sendTimeout, tlsFiles, ca,
// stans. What is left out has its default.
//
//	defaults:                  # of links, and of acceptors' sessions
//	  spec: issuer.json
//	  framing: binary2
//	  echo: {network: iso87, timeout: 5s}
//	links:
//	- name: issuer-1
//	  addrs: ["${ISSUER_HOST}:5001"]
//	- name: issuer-2
//	  addrs: ["${ISSUER_HOST:-192.0.2.1}:5002"]
//	  sendTimeout: 10s
//	groups:
//	- name: issuer
//	  links: [issuer-1, issuer-2]
//	  strategy: leastInFlight
//	acceptors:
//	- name: terminals
//	  addr: ":5001"
//
// Values:
//
//	a duration      with its unit: 5s, 100ms, 1m30s
//	a number        1000 or 1_000
//	framing         the text of framing.Parse: binary2, ascii4 inclusive, binary2+tpdu
//	spec            Spec87, Spec87ASCII, Spec87Hex, Spec87Track2; a name of
//	                LoadOptions.Specs; or a JSON file of moov-io/iso8583 (specs.ExportJSON)
//	files           relative to the folder of the file
//	onDisconnect    settle, wait
//	onSecond        replace, refuse
//	signOnScope     perSession, perScope
//	drainOrder      drainFirst, signOffFirst
//	stans           a name of the section stans
//	reject          baseI; {version9: "0"}, with the version of the link's requests;
//	                {administrative: {original: 90, code: 39, codes: ["91"]}}
//	classKeyFields  {8: [7, 11]}
//	strategy        roundRobin, leastInFlight, primaryBackup; {hashByFields: [41]}, with
//	                spec where it is not that of the group's links
//	peerName        commonName: that of the certificate
//
// SignOn, signOff and echo, whose Build and Check are made of a network:
//
//	network   iso87, iso93, iso2003, visa, mastercard, or a name of the section
//	          networks; in then, that of what goes before is the default
//	value     of the network's function field; the network's own for sign-on, sign-off
//	          or echo, required in then
//	accepted  the codes that mean yes; those of the network, none for any response
//	fields    others of the request: {33: "000123", 7: now}; now is the date and time
//	          of transmission in UTC
//	timeout   of all of it
//	then      a list of exchanges that follow
//
// Field 11 comes from the link's stans, or from an allocator of the file's own.
//
// Sections beside those of Config:
//
//	defaults  fields below those of each link, and of each acceptor's session; null in
//	          a link takes a default away. Those that are about connecting are left out
//	          where the peer connects, onSecond where it does not, and sessions leave out
//	          accept, onSecond, scope, onDisconnect and signOnScope, too.
//	networks  of network management: the fields of messages.Network, like: another
//	          name, but for what they say
//	stans     allocators: first, last, digits and block of messages.STANConfig, and file,
//	          of a messages.STANFile. It goes on while it is used, though the file is
//	          loaded again.
//	x-…       nothing: a place for anchors
//
// Anchors, aliases and merge keys (<<) are YAML's. ${NAME} in a value is a variable of
// the environment, ${NAME:-default} one with a default for where it is unset or empty,
// $$ a dollar.
//
// What only a program can give is in LoadOptions: functions (Handler, Overload, KeyFunc,
// Dial, OnEvent …, OnChange, Judge), TLS, Logger, Listener. Config's own Logger,
// MeterProvider and TracerProvider it sets in what Load returns.
//
// Load is strict: a field that it does not know, one that is there twice, and all that
// Config.Validate finds are reported at once, each with file, line, column, field and
// way out (FileError).
package supervisor
