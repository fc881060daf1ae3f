// An x/crypto/ssh server that forwards TCP and Unix sockets both ways:
// PORT AUTHORIZED_KEYS PASSWORD HOST_KEY,...
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
)

type directTCP struct {
	Host       string
	Port       uint32
	OriginHost string
	OriginPort uint32
}

type directUnix struct {
	Path     string
	Reserved string
	Port     uint32
}

type listenTCP struct {
	Host string
	Port uint32
}

type forwardedUnix struct {
	Path     string
	Reserved string
}

type halfCloser interface {
	io.ReadWriteCloser
	CloseWrite() error
}

type session struct {
	conn      *ssh.ServerConn
	lock      sync.Mutex
	listeners map[string]net.Listener
}

func relay(channel ssh.Channel, far halfCloser) {
	var wait sync.WaitGroup
	wait.Add(2)
	go func() {
		io.Copy(far, channel)
		far.CloseWrite()
		wait.Done()
	}()
	go func() {
		io.Copy(channel, far)
		channel.CloseWrite()
		wait.Done()
	}()
	wait.Wait()
	channel.Close()
	far.Close()
}

func open(request ssh.NewChannel) {
	var far net.Conn
	var err error
	switch request.ChannelType() {
	case "direct-tcpip":
		var to directTCP
		if err = ssh.Unmarshal(request.ExtraData(), &to); err == nil {
			far, err = net.Dial("tcp",
				net.JoinHostPort(to.Host, fmt.Sprint(to.Port)))
		}
	case "direct-streamlocal@openssh.com":
		var to directUnix
		if err = ssh.Unmarshal(request.ExtraData(), &to); err == nil {
			far, err = net.Dial("unix", to.Path)
		}
	default:
		request.Reject(ssh.UnknownChannelType, "no such channel")
		return
	}
	if err != nil {
		request.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	channel, requests, err := request.Accept()
	if err != nil {
		far.Close()
		return
	}
	go ssh.DiscardRequests(requests)
	relay(channel, far.(halfCloser))
}

func (s *session) forward(near net.Conn, kind string, extra []byte) {
	channel, requests, err := s.conn.OpenChannel(kind, extra)
	if err != nil {
		near.Close()
		return
	}
	go ssh.DiscardRequests(requests)
	relay(channel, near.(halfCloser))
}

func (s *session) keep(name string, listener net.Listener) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.listeners[name] = listener
}

func (s *session) cancel(name string) bool {
	s.lock.Lock()
	defer s.lock.Unlock()
	listener, found := s.listeners[name]
	if found {
		listener.Close()
		delete(s.listeners, name)
	}
	return found
}

func (s *session) listen(request *ssh.Request) (bool, []byte) {
	var at listenTCP
	if ssh.Unmarshal(request.Payload, &at) != nil {
		return false, nil
	}
	host := at.Host
	if host == "localhost" {
		host = "127.0.0.1"
	}
	listener, err := net.Listen("tcp",
		net.JoinHostPort(host, fmt.Sprint(at.Port)))
	if err != nil {
		return false, nil
	}
	port := uint32(listener.Addr().(*net.TCPAddr).Port)
	s.keep(fmt.Sprint(at.Host, " ", port), listener)
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			origin := near.RemoteAddr().(*net.TCPAddr)
			go s.forward(near, "forwarded-tcpip", ssh.Marshal(directTCP{
				at.Host, port, origin.IP.String(), uint32(origin.Port)}))
		}
	}()
	if at.Port == 0 {
		return true, ssh.Marshal(struct{ Port uint32 }{port})
	}
	return true, nil
}

func (s *session) listenUnix(request *ssh.Request) bool {
	var at struct{ Path string }
	if ssh.Unmarshal(request.Payload, &at) != nil {
		return false
	}
	listener, err := net.Listen("unix", at.Path)
	if err != nil {
		return false
	}
	s.keep(at.Path, listener)
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go s.forward(near, "forwarded-streamlocal@openssh.com",
				ssh.Marshal(forwardedUnix{at.Path, ""}))
		}
	}()
	return true
}

func (s *session) global(requests <-chan *ssh.Request) {
	for request := range requests {
		good, reply := false, []byte(nil)
		var tcp listenTCP
		var unix struct{ Path string }
		switch request.Type {
		case "tcpip-forward":
			good, reply = s.listen(request)
		case "cancel-tcpip-forward":
			good = ssh.Unmarshal(request.Payload, &tcp) == nil &&
				s.cancel(fmt.Sprint(tcp.Host, " ", tcp.Port))
		case "streamlocal-forward@openssh.com":
			good = s.listenUnix(request)
		case "cancel-streamlocal-forward@openssh.com":
			good = ssh.Unmarshal(request.Payload, &unix) == nil &&
				s.cancel(unix.Path)
		}
		if request.WantReply {
			request.Reply(good, reply)
		}
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, listener := range s.listeners {
		listener.Close()
	}
}

func serve(socket net.Conn, config *ssh.ServerConfig) {
	conn, channels, requests, err := ssh.NewServerConn(socket, config)
	if err != nil {
		log.Print(err)
		socket.Close()
		return
	}
	s := &session{conn: conn, listeners: map[string]net.Listener{}}
	go s.global(requests)
	for request := range channels {
		go open(request)
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	port, authorized, password := os.Args[1], os.Args[2], os.Args[3]
	rows, err := os.ReadFile(authorized)
	must(err)
	var known [][]byte
	for len(rows) > 0 {
		key, _, _, rest, err := ssh.ParseAuthorizedKey(rows)
		must(err)
		known = append(known, key.Marshal())
		rows = rest
	}
	config := &ssh.ServerConfig{
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (
			*ssh.Permissions, error) {
			for _, one := range known {
				if bytes.Equal(one, key.Marshal()) {
					return nil, nil
				}
			}
			return nil, errors.New("unknown key")
		},
		PasswordCallback: func(_ ssh.ConnMetadata, given []byte) (
			*ssh.Permissions, error) {
			if string(given) == password {
				return nil, nil
			}
			return nil, errors.New("wrong password")
		},
	}
	for _, path := range strings.Split(os.Args[4], ",") {
		text, err := os.ReadFile(path)
		must(err)
		key, err := ssh.ParsePrivateKey(text)
		must(err)
		config.AddHostKey(key)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	must(err)
	for {
		socket, err := listener.Accept()
		must(err)
		go serve(socket, config)
	}
}
