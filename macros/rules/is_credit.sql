{#- Whether a movement credits its invoice: by a credit note, or by a refund that no credit note explains. All others
    move cash. -#}
{%- macro is_credit(cause) -%}
    {{ cause }} in ('credit_note', 'refund')
{%- endmacro -%}
