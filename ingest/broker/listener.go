package broker

import (
	"context"
	"net"
	"sync"
)

// tracker knows the broker's open connections, so that Close can wait until they are gone: the fake cluster itself ends
// them in the background.
type tracker struct {
	mu    sync.Mutex
	conns map[*trackedConn]struct{}
	open  sync.WaitGroup
}

func newTracker() *tracker { return &tracker{conns: make(map[*trackedConn]struct{})} }

func (t *tracker) listen(network, address string) (net.Listener, error) {
	var listen net.ListenConfig
	ln, err := listen.Listen(context.Background(), network, address)
	if err != nil {
		return nil, err
	}
	return &trackedListener{Listener: ln, t: t}, nil
}

// closeAll ends the connections and waits for it.
func (t *tracker) closeAll() {
	t.mu.Lock()
	conns := make([]*trackedConn, 0, len(t.conns))
	for c := range t.conns {
		conns = append(conns, c)
	}
	t.mu.Unlock()
	for _, c := range conns {
		_ = c.Close() // the other side may have closed it first; either way it is closed
	}
	t.open.Wait()
}

type trackedListener struct {
	net.Listener
	t *tracker
}

func (l *trackedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	tc := &trackedConn{Conn: c, t: l.t}
	l.t.mu.Lock()
	l.t.conns[tc] = struct{}{}
	l.t.open.Add(1)
	l.t.mu.Unlock()
	return tc, nil
}

type trackedConn struct {
	net.Conn
	t    *tracker
	once sync.Once
}

func (c *trackedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		c.t.mu.Lock()
		delete(c.t.conns, c)
		c.t.mu.Unlock()
		c.t.open.Done()
	})
	return err
}
