Facter.add(:lab_environment) do
  setcode { '@ENVIRONMENT@' }
end
