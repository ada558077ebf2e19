// Package console is a web page of a manager's links, groups and acceptors, for the
// operators of a deployment: which link is up, how it does, why it failed, and when it
// tries again. It is an http.Handler without outside assets:
//
//	c, err := console.New(manager, console.Options{})
//	…
//	defer c.Close()
//	http.ListenAndServe("127.0.0.1:8080", c)
//
// It shows, and does nothing: actions are there only where [Options.Authorize] says
// who may. It serves plain HTTP to whoever can reach it, so that access is the
// embedding program's: an address of the machine itself, a proxy, or a handler of its
// own in front. Nothing it serves holds card data.
//
// # Paths
//
// All are relative to where it is mounted (http.StripPrefix).
//
//	/                       the page; it follows the links as they change
//	/api/status             all that is shown, as JSON
//	/api/links/NAME         a link: its histogram, its timeline, its recent failures
//	/api/links/NAME/ACTION  POST: an action
//	/events                 /api/status as server-sent events, each Interval and when a
//	                        link has changed its state
//	/tap/NAME               the link's messages as masked text, as server-sent events
//	/metrics                for Prometheus, in its text format
//	/healthz                200 while the process serves
//	/readyz                 200 while every group has its MinUp (without groups: every
//	                        link is up), 503 with the names of those that have not
package console
