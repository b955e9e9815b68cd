{#- Whether a meter of this status is in place but measures nothing, since nothing is supplied. -#}
{%- macro is_cut_off(status) -%}
    {{ status }} in ('Suspended', 'Disconnected', 'Paused', 'Pending', 'Closed', 'Cancelled')
{%- endmacro -%}
