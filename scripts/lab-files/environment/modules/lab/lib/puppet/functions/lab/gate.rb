# Holds a compile on one server: while the file gates/SERVER exists, SERVER being the compiling server's certname, for two minutes at
# most. gates/SERVER.held then says whose catalog it is.
Puppet::Functions.create_function(:'lab::gate') do
  dispatch :gate do
    param 'String', :certname
  end

  def gate(certname)
    gate = "@LAB@/gates/#{Puppet[:certname]}"
    return unless File.exist?(gate)
    File.write("#{gate}.held", certname)
    2400.times { File.exist?(gate) ? sleep(0.05) : break }
  end
end
