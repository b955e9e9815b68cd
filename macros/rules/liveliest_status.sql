{#- The status of a customer with several accounts: that of the most active account. Aggregates over a group. -#}
{%- macro liveliest_status(status) -%}
    case
        {%- for alive in ['Active', 'Trial', 'Suspended', 'Disconnected', 'Paused', 'Pending'] %}
        when bool_or({{ status }} = '{{ alive }}') then '{{ alive }}'
        {%- endfor %}
        else min({{ status }})
    end
{%- endmacro -%}
