# What every agent of the lab gets: files from the server, templates, and what the server knows about the agent.
class lab (
  String $root,
  String $greeting,
) {
  $base = "${root}/${trusted['certname']}"
  $extensions = $trusted['extensions'].map |$name, $value| { "${name}=${value}" }

  filebucket { 'server':
    path => false,
  }

  File {
    backup => 'server',
  }

  file {
    $base:
      ensure => directory;

    "${base}/greeting":
      content => "${greeting}\n";

    "${base}/trusted":
      content => "authenticated=${trusted['authenticated']}\n${extensions.sort.join("\n")}\n";

    "${base}/facts":
      content => epp('lab/facts.epp', { 'environment_fact' => $facts['lab_environment'], 'external_fact' => $facts['lab_external'] });

    "${base}/lines":
      content => template('lab/lines.erb');

    "${base}/tree":
      ensure  => directory,
      recurse => true,
      source  => 'puppet:///modules/lab/tree';

    "${base}/blob":
      source => 'puppet:///modules/lab/blob';
  }

  Integer[1, 8].each |$n| {
    file { "${base}/small${n}":
      source => "puppet:///modules/lab/small${n}",
    }
  }
}
