// HTTP/2 by Go's net/http: requests, uploads with trailers, large downloads, many streams, and a service that drains.
//
// Usage: http2client PORT FOLDER WHAT…     FOLDER has ca.pem, agent.pem and agent.key
// Prints one line for each WHAT. `steady` goes on until SIGTERM, and prints whether it made 100 requests, and which failed.
package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

const files = "/puppet/v3/file_content/modules/m/"
const query = "?environment=production"
const report = "/puppet/v3/report/agent.test" + query

type client struct {
	http http.Client
	base string
}

func check(err error) {
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
}

func newClient(port, folder string) *client {
	certificate, err := tls.LoadX509KeyPair(folder+"/agent.pem", folder+"/agent.key")
	check(err)
	authority, err := os.ReadFile(folder + "/ca.pem")
	check(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	transport := &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{Certificates: []tls.Certificate{certificate}, RootCAs: pool},
	}
	return &client{http: http.Client{Transport: transport}, base: "https://localhost:" + port}
}

func (c *client) do(method, target string, body io.Reader, trailer http.Header) (*http.Response, string, error) {
	request, err := http.NewRequest(method, c.base+target, body)
	if err != nil {
		return nil, "", err
	}
	if trailer != nil {
		request.Trailer = trailer
		request.ContentLength = -1
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response, string(content), err
}

func requests(c *client) {
	response, text, err := c.do("GET", files+"a"+query, nil, nil)
	check(err)
	fmt.Println("get", response.Proto, response.StatusCode, text)
	response, text, err = c.do("HEAD", files+"a"+query, nil, nil)
	check(err)
	fmt.Println("head", response.StatusCode, len(text))
	response, _, err = c.do("GET", "/puppet/v3/catalog/other.test"+query, nil, nil)
	check(err)
	fmt.Println("rejected", response.StatusCode)
}

func upload(c *client) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 200000)
	expected := fmt.Sprintf("%d %x ", len(content), sha256.Sum256(content))
	_, text, err := c.do("PUT", report, bytes.NewReader(content), nil)
	check(err)
	_, open, err := c.do("PUT", report, io.MultiReader(bytes.NewReader(content)), http.Header{"X-Sum": {"12"}})
	check(err)
	fmt.Println("upload", text == expected, open == expected+"x-sum: 12")
}

func download(c *client) {
	_, text, err := c.do("GET", files+"large"+query+"&size=20000000", nil, nil)
	check(err)
	digest := sha256.Sum256([]byte(text))
	fmt.Printf("download %d %x\n", len(text), digest[:4])
}

func trailers(c *client) {
	response, text, err := c.do("GET", files+"trailers"+query, nil, nil)
	check(err)
	fmt.Println("trailers", text, response.Trailer.Get("X-Sum"))
}

func many(c *client) {
	var group sync.WaitGroup
	var good int64
	for number := 0; number < 300; number++ {
		group.Add(1)
		go func(target string) {
			defer group.Done()
			_, text, err := c.do("GET", target, nil, nil)
			if err == nil && text == target {
				atomic.AddInt64(&good, 1)
			}
		}(fmt.Sprintf("%s%d%s", files, number, query))
	}
	group.Wait()
	fmt.Println("many", good)
}

func steady(c *client) {
	var ending atomic.Bool
	var count int64
	var failures sync.Map
	var group sync.WaitGroup
	for worker := 0; worker < 8; worker++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for !ending.Load() {
				target := files + "steady" + query
				_, text, err := c.do("GET", target, nil, nil)
				atomic.AddInt64(&count, 1)
				if err != nil || text != target {
					failures.Store(fmt.Sprint(err, text), true)
				}
			}
		}()
	}
	fmt.Println("begun")
	ends := make(chan os.Signal, 1)
	signal.Notify(ends, syscall.SIGTERM)
	<-ends
	ending.Store(true)
	group.Wait()
	var reasons []string
	failures.Range(func(key, _ any) bool { reasons = append(reasons, key.(string)); return true })
	fmt.Println("steady", count >= 100, len(reasons), strings.Join(reasons, "; "))
}

func main() {
	steps := map[string]func(*client){
		"requests": requests, "upload": upload, "download": download, "trailers": trailers, "many": many, "steady": steady,
	}
	for _, name := range os.Args[3:] {
		steps[name](newClient(os.Args[1], os.Args[2]))
	}
}
