node default {
  include lab
}

# Agents of the load test: their compiles can be held.
node /^load-/ {
  lab::gate($trusted['certname'])
  include lab
}
